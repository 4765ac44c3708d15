"""What leaves the machine: a run made small, for those who have not trained it."""
