"""The interfaces of others, over ours."""
