"""What docs/performance.md's figures come from; each module is one command, see there."""
