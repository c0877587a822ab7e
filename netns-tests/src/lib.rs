//! keepalived-netns-tests
