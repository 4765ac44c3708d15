def exit_code(command, arguments):
    """Return the exit code of a command, a module with `main`, for its arguments."""
    try:
        return command.main(arguments)
    except SystemExit as stopped:
        return stopped.code
