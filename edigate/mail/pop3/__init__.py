"""POP3: the dialog without sockets, and the server that runs it on connections."""
