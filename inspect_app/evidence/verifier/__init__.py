"""What anybody takes along to check a bundle: a script and a page, each in one file, sharing no line with the program."""
