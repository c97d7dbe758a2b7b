"""What several tests need: servers, ports, fakes."""
