"""The tables of the catalogue."""

VERSION = "1"
"""Archives of another version are refused; raise it with every change below."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    title TEXT NOT NULL,
    date TEXT,
    url TEXT,
    body_start INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX articles_by_date ON articles (date);
-- Passage numbers name rows of FAISS and tantivy too, so none is ever used again.
CREATE TABLE passages (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    key BLOB NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX passages_by_article ON passages (article, start);
CREATE INDEX passages_by_key ON passages (key);
-- By a hash of encoder and text: the same words are never encoded twice.
CREATE TABLE vectors (key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL);
-- The files read. Size -1 marks one whose reading was cut short.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL
);
-- Which file an article came from. The empty path stands for one added directly.
CREATE TABLE origins (
    path TEXT NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    PRIMARY KEY (path, article)
) WITHOUT ROWID;
CREATE INDEX origins_by_article ON origins (article);
CREATE TABLE problems (path TEXT NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX problems_by_path ON problems (path)
"""
