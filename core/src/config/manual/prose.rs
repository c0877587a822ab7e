//! What the page says beside the table.

/// Name, form of the file, kinds of values.
pub(super) const HEAD: &str = r#".TH KEEPALIVED.CONF 5 "" "keepalived 0.1" "File formats"
.SH NAME
keepalived.conf \- configuration of keepalived
.SH DESCRIPTION
.I /etc/keepalived/keepalived.conf
tells
.BR keepalived (8)
which addresses this machine may hold, together with whom, and what it does besides. The language is that of the keepalived
written in C, version 2.4, and files for it are read. What is read and not built yet is marked so below.
.PP
.B keepalived check
reads a file and tells every mistake with its place;
.BI "keepalived explain " word
explains a keyword or the code of a mistake;
.B keepalived fmt
prints a file in its normal form.
.SH FORM
Every line begins with a keyword, which the words it takes follow, separated by spaces and tabs. A line does not go on in the
next one. Keywords are case-sensitive. Of a keyword that is written twice in a block and may not be repeated the last one counts,
unless it says below that the first one does.
.PP
A block is a keyword, perhaps a name, and lines between braces. A brace may stand on the line of its keyword or on the next,
and several blocks on one line.
.PP
.B #
and
.B !
begin a comment, wherever they stand outside double quotes, unless a backslash is before them.
.PP
A word in double quotes may contain blanks, braces, and
.BR # .
It ends on its line. Commands of scripts are split once more, as a shell does it: single and double quotes and backslashes
work in them, and nothing else of a shell does.
.PP
.nf
.RS
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        192.0.2.1/24
    }
}
.RE
.fi
.SS Files
.TP
.BI include " FILE"
What these files contain stands here. Wildcards and
.BI { a , b }
are expanded, in alphabetical order; a relative name counts from the directory of the file that names it. A name without
wildcards that leads to no file is a mistake that is told.
.TP
.BR includer ", " includem ", " includew ", " includeb ", " includea
The same, and it is an error when: a file cannot be read (r), nothing matches (m), nothing matches a wildcard (w), nothing
matches a brace (b), any of these (a).
.SS Lines for some machines
.TP
.BI @ "ID words"
The line counts only on machines whose id is
.IR ID ,
which is given by
.BR \-i/\-\-config\-id ,
or is the host's name up to its first point.
.TP
.BI @^ "ID words"
The line counts on all others.
.SS Definitions
.TP
.BI $ NAME = value
From here on
.BI $ NAME
and
.BI ${ NAME }
stand for the value. A value goes on in the next line where its line ends in a backslash, and may contain blocks and other
definitions.
.TP
.BR ${_PWD} ", " ${_INSTANCE} ", " "${_RANDOM \fImin max\fB}" ", " "${_ENV \fIname\fB}" ", " ${_HASH} ", " ${_BANG}
The directory of the file; the id of the machine; a random number; a variable of the environment; the characters # and !.
.TP
.BI ~SEQ( var ", " start ", " step ", " end ") words"
The rest of the line as often as
.I var
takes a value from
.I start
to
.IR end ;
.I start
and
.I step
may be left out.
.B ~SEQx
counts in hexadecimal.
.TP
.BI ~LST( var ", " value ", " value "...) words"
The rest of the line for each of the values. Several variables and their values stand in braces.
"#;

/// Lines of blocks without keywords, and what is told to others.
pub(super) const LINES: &str = r#".SH LINES OF A VIRTUAL_SERVER_GROUP
Each line is what one service is reached by; the port is a word of its own.
.PP
.nf
.RS
virtual_server_group web {
    192.0.2.1 80
    192.0.2.10\-20 80
    192.0.2.64/29 80
    2001:db8::1\-ff 443
    fwmark 3 inet
    fwmark 4 inet6
}
virtual_server group web {
    ...
}
.RE
.fi
.PP
A range is written with the last number, or the last address, behind a hyphen; a network stands for all its addresses. Without a
port it is every port, which needs persistence.
.B fwmark
stands for packets with this mark, whatever their address and port; a group with addresses of both families needs
.B inet
or
.B inet6
behind it.
.SH NOTIFY SCRIPTS
.BR notify_master ", " notify_backup ", " notify_fault ", " notify_stop ", "
.BR quorum_up ", " quorum_down ", " notify_up " and " notify_down
get the arguments that are written and no others.
.B notify
of an instance or a group gets four more behind them:
.B INSTANCE
or
.BR GROUP ;
its name;
.BR MASTER ", " BACKUP ", " FAULT " or " STOP ;
and the priority, which is 0 for a group. The command and its arguments stand in quotes together; the words behind them are the user
and the group who run it. The script of a FIFO gets the path of the FIFO as its last argument.
.SH LINES IN FIFOS
.TP
.BI VS " SERVICE " UP|DOWN
The quorum of a virtual server is gained or lost.
.TP
.BI RS " SERVER SERVICE " UP|DOWN
A real server comes or fails.
.PP
A server is written as in
.BR [192.0.2.1]:tcp:80 ,
a service too, or as
.B FWM 3
where it is a mark, or as
.BR [web]:0 ,
the name of its group and the number of the virtual server among those that have it.
"#;

/// Before the list of codes.
pub(super) const MISTAKES: &str = "\
Every mistake has a code, which
.B keepalived explain
explains at length. An error is something that would make the daemon do another thing than was written: the file is refused.
A warning is told, and the daemon runs as the C version would; with
.B \\-\\-strict
a warning refuses the file too.
";

/// What else there is to read.
pub(super) const FOOT: &str = "\
.SH FILES
.I /etc/keepalived/keepalived.conf
.SH SEE ALSO
.BR keepalived (8)
";
