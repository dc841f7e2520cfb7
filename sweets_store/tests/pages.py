import re
from html import unescape


def words(response):
    """What a page says, without its tags, parted by single blanks."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", response.content.decode())).split())
