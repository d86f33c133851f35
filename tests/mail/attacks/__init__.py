"""One file per attack; each against real listeners, each ending with proof that honest mail still
passes."""
