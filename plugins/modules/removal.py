DOCUMENTATION = r"""
module: removal
short_description: x
"""
