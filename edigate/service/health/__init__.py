"""What is wrong before it hurts: doctor, selftest, alarms, the nightly proof."""
