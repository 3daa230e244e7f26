"""The evidence folder: one page that a data protection officer can read without us, and the files it rests on.

`gather` collects facts out of a record, `draw` makes the picture, `page` the HTML, `folder` writes it all.
"""
