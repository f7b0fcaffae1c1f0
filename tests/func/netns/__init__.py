"""Several hosts on one machine: network namespaces, what runs in them, what is done to them, and what is observed."""
