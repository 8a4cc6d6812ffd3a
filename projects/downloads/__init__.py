"""Downloads: everything sent as a file is made and sent within limits, and is never cut off unnoticed."""
