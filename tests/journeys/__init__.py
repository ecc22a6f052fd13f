"""One file a story, on real processes: sandbox, web and worker, as `manage.py demo` starts them."""
