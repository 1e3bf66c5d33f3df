-- Where bento's raw JSON goes: the engine reads it, and fills the plain table's columns.
CREATE TABLE raw
(
    id        UUID,
    source    String,
    type      String,
    time      DateTime64(3, 'UTC'),
    revision  Int64,
    retracted Bool,
    data      String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW raw_fill TO plain AS
SELECT splitByChar('/', source)[3] AS lab, substring(type, 13) AS kind, id, time, revision, retracted, source, data
FROM raw;
