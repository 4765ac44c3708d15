"""Who does the work of a job: this process, or many through Ray."""
