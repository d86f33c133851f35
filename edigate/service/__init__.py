"""The running gateway: what connects listeners, store, relay and workers. The only room that knows
all of them."""
