"""Reading a conversation in another language.

The originals are never changed; all translations can be lost. A text passes these modules in this order: payload
(which parts of a stored text are language), segments (their sentences), masking (what no engine may see), languages
and identify, planning (what there is to do), cache, orders, jobs, a provider."""
