"""One module per question: frames in, frames or a small result object out.

Nothing here prints, plots or reads a file.  A sentence that a report quotes is made here,
where tests can hold it against the numbers.
"""
