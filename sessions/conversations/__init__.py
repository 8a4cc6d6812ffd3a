"""One session as plain data: for files, programs and translations."""
