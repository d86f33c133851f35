"""The seal: keys, certificates, time stamps, and the signed head of the chain."""
