"""Hook of tools/site.yml: the pages are written for GitHub, whose Markdown is more lenient than MkDocs's."""

import os
import re

LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"^\s*(```|~~~)")
ITEM = re.compile(r"^\s*([-*]|\d+\.) ")


def to_page(match, folder, root):
    """A link to a folder leads to the page in it."""
    target = match[2]
    if "://" not in target and os.path.isfile(os.path.join(root, folder, target, "README.md")):
        target = target.rstrip("/") + "/README.md"
    return match[1] + target + (match[3] or "") + ")"


def on_page_markdown(markdown, page, config, files):
    folder = os.path.dirname(page.file.src_path)
    lines, fenced, before = [], False, ""
    for line in markdown.split("\n"):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            line = LINK.sub(lambda match: to_page(match, folder, config["docs_dir"]), line)
            # Lists and tables begin without an empty line in front on GitHub.
            begins = (ITEM.match(line) and not ITEM.match(before) and not before.startswith(" ")) or (
                line.startswith("|") and not before.startswith("|")
            )
            if begins and before.strip():
                lines.append("")
        lines.append(line)
        before = line
    return "\n".join(lines)
