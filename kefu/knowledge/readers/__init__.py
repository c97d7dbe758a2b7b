"""Files and pages of every form, read into rows that know where they stood."""
