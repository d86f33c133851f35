"""What can be asked and done: by an operator at a terminal, a program or a person at the desk.

Plain functions of a store, the settings, who acts and the question; they return frozen values and
raise the errors of the house. They know no command line, no request and no page: those are faces of
this room.
"""
