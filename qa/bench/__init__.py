"""Measure what answering costs: encoding, questions, building, size, memory and start-up, beside a plain baseline.

`options` says what to measure, `run` measures it, `report` puts it into words; each measurement runs in a process of its
own (`apart`), so that neither memory nor caches of one touch another.
"""
