"""Score configs, comments, queues and scores in the shapes that the SDKs' generated clients parse."""
