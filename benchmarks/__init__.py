"""What `make bench` runs: the portal beside a bare project, or beside a tool alone, doing the same in the same run."""
