"""The tables of the catalogue."""

VERSION = "2"
"""Archives of another version are migrated, not mixed; raise it with every change below."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- The newest version of each article. Near-duplicates share a story; NULL: there are none.
CREATE TABLE articles (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    date TEXT,
    updated TEXT,
    ingested TEXT NOT NULL,
    story INTEGER,
    signature BLOB,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    url TEXT,
    body_start INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX articles_by_date ON articles (date);
CREATE INDEX articles_by_digest ON articles (digest);
CREATE INDEX articles_by_story ON articles (story) WHERE story IS NOT NULL;
-- What an article said before: old citations point here. Never searched.
CREATE TABLE versions (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    successor TEXT NOT NULL,
    superseded TEXT NOT NULL,
    digest TEXT NOT NULL,
    date TEXT,
    updated TEXT,
    ingested TEXT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    url TEXT,
    body_start INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX versions_by_id ON versions (id);
CREATE INDEX versions_by_successor ON versions (successor);
-- Other ids under which exactly the same article came.
CREATE TABLE aliases (
    id TEXT PRIMARY KEY,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX aliases_by_article ON aliases (article);
-- Buckets of the MinHash signatures: articles in one bucket may be near-duplicates.
CREATE TABLE bands (
    band BLOB NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
    PRIMARY KEY (band, article)
) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands (article);
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
-- Numbers of passages that were removed, in order: what the indexes must forget.
CREATE TABLE gone (seq INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL);
CREATE TRIGGER passage_gone AFTER DELETE ON passages BEGIN INSERT INTO gone (n) VALUES (old.n); END;
-- By a hash of encoder and text: the same words are never encoded twice.
CREATE TABLE vectors (key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL);
-- Which copies of the passages, on disk, belong to which state. Committed with that state.
CREATE TABLE publications (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    upto INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    dense TEXT NOT NULL,
    lexical TEXT NOT NULL
);
-- The files and addresses read. Size -1 marks one whose reading was cut short.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL,
    validators TEXT NOT NULL DEFAULT ''
);
CREATE INDEX files_by_digest ON files (digest);
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

FLAGS = """
CREATE TABLE flags (
    article INTEGER PRIMARY KEY REFERENCES articles (n) ON DELETE CASCADE,
    spans TEXT NOT NULL,
    title INTEGER NOT NULL
)
"""
"""Articles with sentences that speak to a machine, as ``[[start, end], ...]``, or with such a title.

It came after the others and is derived from them: an archive that lacks it is given it when it is opened.
"""

SHELVES = """
CREATE TABLE shelves (n INTEGER PRIMARY KEY AUTOINCREMENT, outlets TEXT NOT NULL UNIQUE);
CREATE TABLE places (
    article INTEGER PRIMARY KEY REFERENCES articles (n) ON DELETE CASCADE,
    shelf INTEGER NOT NULL REFERENCES shelves (n)
);
CREATE INDEX places_by_shelf ON places (shelf)
"""
"""On which shelf an article stands: a shelf holds those that came from the same outlets, a JSON list of them.

They came later too, and are given to an archive in the same way.
"""
