"""Does the jobs that were asked for: a thread waits for them, and each has a process of its own."""
