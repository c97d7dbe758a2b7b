"""Tests of Kefu; tests.support and tests.services hold what several of them need."""
