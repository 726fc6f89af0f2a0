"""What each sub-command of `podal` does; a module is imported when its command is used."""
