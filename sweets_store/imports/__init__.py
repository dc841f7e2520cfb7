"""Imports: a body or a file is checked whole before the store takes anything of it (README, "Commands").

From below: `checked` objects of a body; `reader`, `json_rows`, `json_files`, `cells`, `csv_files`, `workbooks`,
`workbook_writing`, `xlsx_files` and `formats` for files;
`spool` and `rejects` between reading and storing; `insert`, which the services call; `command`, which the commands
share.
"""
