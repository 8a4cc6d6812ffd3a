"""Reading a conversation in another language. The originals are never touched; what is translated can be lost.

In the order in which a text passes: payload (which leaves of a stored text are language), segments (their sentences),
masking (what no engine may see), languages and identify, planning (what there is to do), cache, jobs, a provider."""
