"""The calls around tracing that SDKs make, each face (Langfuse's, InteractiveAI's platform, Laminar's) once."""
