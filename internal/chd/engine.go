package chd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// engineInUse is the one piece of package-level state: libchdb keeps one engine
// per process whatever we do, so a second Server must be told so, rather than
// find itself in the first one's data.
var engineInUse atomic.Bool

// engine is the running library on one data folder.
type engine struct {
	lib  *library
	args []string
	lock *flock.Flock

	adminMu sync.Mutex
	admin   *conn // boots the engine, cancels statements, and reads them for the guard; never serves clients
	guard   *guard

	// incomplete are the tables, by UUID, of which a part can't be read without which something is lost; under the handler's mending.
	incomplete map[string]bool

	readings readings

	version  string
	timezone string
	host     string
}

// startEngine takes the folder and opens the data in it.
func startEngine(cfg Config) (_ *engine, err error) {
	if !engineInUse.CompareAndSwap(false, true) {
		return nil, ErrEngineBusy
	}
	e := &engine{incomplete: map[string]bool{}}
	defer func() {
		if err != nil {
			// Nothing was written, so what stopping says adds nothing.
			_ = e.stop()
		}
	}()
	if e.lib, err = loadLibrary(cfg.Engine); err != nil {
		return nil, err
	}
	if e.lock, err = lockData(cfg.Dir); err != nil {
		return nil, err
	}
	configFile, err := writeEngineConfig(cfg)
	if err != nil {
		return nil, &DataError{Dir: cfg.Dir, Err: err}
	}
	// Without --config-file the engine would take any config.xml that lies in the
	// working directory, in the home folder or in /etc.
	e.args = []string{"--path=" + filepath.Join(cfg.Dir, "data"), "--config-file=" + configFile}
	if e.admin, err = e.lib.open(e.args); err != nil {
		return nil, err
	}
	if e.guard, err = newGuard(e.admin); err != nil {
		return nil, err
	}
	if len(cfg.Clusters) > 0 { // which lead nowhere else
		delete(e.guard.engines, "distributed")
	}
	r, err := e.admin.query("SELECT version(), timezone(), displayName()", "TSVRaw", nil)
	if err != nil {
		return nil, fmt.Errorf("chd: ask the engine for its version: %w", err)
	}
	defer r.close()
	fields := strings.Split(strings.TrimSpace(string(r.bytes())), "\t")
	if len(fields) != 3 {
		return nil, &WrongEngineError{Path: cfg.Engine, Reason: fmt.Sprintf("it answers %q when asked for its version", fields)}
	}
	e.version, e.timezone, e.host = fields[0], fields[1], fields[2]
	return e, nil
}

// stop closes the engine's own connection, and with the last one the engine.
func (e *engine) stop() error {
	e.adminMu.Lock()
	defer e.adminMu.Unlock()
	if e.admin != nil {
		e.admin.close()
		e.admin = nil
	}
	var err error
	if e.lock != nil {
		err = e.lock.Unlock()
	}
	engineInUse.Store(false)
	return err
}

// kill cancels the statements that carry the tag (see tagged).
func (e *engine) kill(tag string) error {
	e.adminMu.Lock()
	defer e.adminMu.Unlock()
	if e.admin == nil {
		return nil
	}
	// concat keeps this very statement from matching itself.
	return e.admin.exec(fmt.Sprintf("KILL QUERY WHERE position(query, concat('%s', '%s')) > 0 ASYNC", tag[:4], tag[4:]))
}

// understood is a statement as the engine's own parser reads it: one statement, without comments, and quoted in one
// way only. "" is what it takes for no statement, whatever limits a client sets for parsing.
func (e *engine) understood(sql string) (string, error) {
	if text, known := e.readings.get(sql); known {
		return text, nil
	}
	text, err := e.read(sql)
	if err == nil {
		e.readings.add(sql, text)
	}
	return text, err
}

func (e *engine) read(sql string) (string, error) {
	e.adminMu.Lock()
	defer e.adminMu.Unlock()
	if e.admin == nil {
		return "", errors.New("chd: the engine has stopped")
	}
	r, err := e.admin.query("SELECT hex(formatQueryOrNull(unhex('"+hex.EncodeToString([]byte(sql))+"'))) SETTINGS max_query_size = 0, max_parser_depth = 100000, max_parser_backtracks = 0", "TSVRaw", nil)
	if err != nil {
		return "", err
	}
	defer r.close()
	text, err := hex.DecodeString(strings.TrimSpace(string(r.bytes())))
	if err != nil { // NULL is written \N
		return "", nil
	}
	return string(text), nil
}

// check has the guard look at a statement twice: as it is written, and as the engine understands it. Where the two
// readings differ, the guard's own can't be relied on.
func (e *engine) check(st *statement, reader bool) error {
	both := []*statement{st}
	if err := e.guard.check(st); err != nil {
		return err
	}
	text, err := e.understood(st.text)
	if err != nil {
		return err
	}
	if text != "" { // else the engine will say what is wrong with it
		both = append(both, parseStatement(text))
		if err := e.guard.check(both[1]); err != nil {
			return err
		}
	}
	if !reader {
		return nil
	}
	for _, st := range both {
		if err := checkReader(st); err != nil {
			return err
		}
	}
	return nil
}

// lockData makes the folder and takes its lock, which ends with the process
// whatever way it ends.
func lockData(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &DataError{Dir: dir, Err: err}
	}
	lock := flock.New(filepath.Join(dir, "chd.lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, &DataError{Dir: dir, Err: err}
	}
	if !held {
		return nil, &LockedError{Dir: dir}
	}
	return lock, nil
}

// writeEngineConfig writes the engine's configuration, anew at each start, and
// returns the path of the main file.
func writeEngineConfig(cfg Config) (string, error) {
	dir := filepath.Join(cfg.Dir, "config")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	users := filepath.Join(dir, "users.xml")
	main := filepath.Join(dir, "config.xml")
	if err := os.WriteFile(users, []byte(usersXML(cfg)), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(main, []byte(withClusters(configXML(cfg, users), cfg.Clusters)), 0o600); err != nil {
		return "", err
	}
	return main, writeDefaultDatabase(filepath.Join(cfg.Dir, "data"))
}

// writeDefaultDatabase creates the database "default" by its metadata. Left to
// itself the library makes one that shows the files of the machine as tables.
func writeDefaultDatabase(data string) error {
	const uuid = "d0000000-0000-4000-8000-000000000001"
	metadata := filepath.Join(data, "metadata")
	file := filepath.Join(metadata, "default.sql")
	if info, err := os.Stat(file); err == nil && info.Size() > 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(data, "store", uuid[:3], uuid), 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(metadata, 0o700); err != nil {
		return err
	}
	// Flushed and then renamed, so that neither a kill nor a power cut can leave half a file: the engine would
	// refuse the folder for ever.
	tmp, err := os.OpenFile(file+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = tmp.WriteString("ATTACH DATABASE _ UUID '" + uuid + "'\nENGINE = Atomic\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// configXML is the engine's main configuration.
func configXML(cfg Config, users string) string {
	// The caches together take at most a quarter of the memory.
	cache := func(share int64, most int64) int64 { return min(cfg.MaxMemory/share, most) }
	return fmt.Sprintf(`<clickhouse>
	<!-- On a terminal the library would write its log there, with a "Fatal" of its own making for each streamed INSERT. -->
	<logger><level>none</level><console>0</console></logger>
	<users_config>%s</users_config>
	<default_database></default_database>
	<database>default</database>
	<max_server_memory_usage>%d</max_server_memory_usage>
	<mark_cache_size>%d</mark_cache_size>
	<index_mark_cache_size>%d</index_mark_cache_size>
	<primary_index_cache_size>%d</primary_index_cache_size>
	<query_condition_cache_size>%d</query_condition_cache_size>
	<storage_configuration><disks><default><keep_free_space_bytes>%d</keep_free_space_bytes></default></disks></storage_configuration>
	<uncompressed_cache_size>0</uncompressed_cache_size>
	<index_uncompressed_cache_size>0</index_uncompressed_cache_size>
	<compiled_expression_cache_size>%d</compiled_expression_cache_size>
	<parquet_metadata_cache_size>%d</parquet_metadata_cache_size>
</clickhouse>
`, xmlText(users), cfg.MaxMemory, cache(16, 512<<20), cache(32, 256<<20), cache(16, 512<<20), cache(64, 64<<20), spareRoom,
		cache(64, 64<<20), cache(64, 64<<20))
}

// usersXML holds the rights of the one user that the library knows, "default": those of the service, which it has
// unless a connection takes the reader's role alone. And it holds the limits of readers.
func usersXML(cfg Config) string {
	perStatement := cfg.MaxMemory / 3 * 2
	var grants strings.Builder
	for _, g := range engineGrants() {
		fmt.Fprintf(&grants, "\t\t\t\t<query>%s</query>\n", g)
	}
	var constraints strings.Builder
	for _, name := range deniedSettings() {
		switch name {
		case "disk", "storage_policy", "table_disk": // settings of tables, unknown to profiles
		default:
			fmt.Fprintf(&constraints, "\t\t\t\t<%s><readonly/></%s>\n", name, name)
		}
	}
	var readable strings.Builder
	for _, name := range cfg.AnalystRelations {
		fmt.Fprintf(&readable, "\t\t\t\t<query>GRANT SELECT ON %s</query>\n", name)
	}
	return fmt.Sprintf(`<clickhouse>
	<profiles>
		<default>
			<async_insert>0</async_insert>
			<max_threads>%d</max_threads>
			<max_memory_usage>%d</max_memory_usage>
			<max_bytes_before_external_group_by>%d</max_bytes_before_external_group_by>
			<max_bytes_before_external_sort>%d</max_bytes_before_external_sort>
			<implicit_select>0</implicit_select>
			<allow_introspection_functions>0</allow_introspection_functions>
			<constraints>
%s			</constraints>
		</default>
		<analyst>
			<constraints>
				<max_memory_usage><min>1</min><max>%d</max></max_memory_usage>
				<max_execution_time><min>1</min><max>%d</max></max_execution_time>
				<max_threads><min>1</min><max>%d</max></max_threads>
				<max_result_rows><min>1</min><max>%d</max></max_result_rows>
				<max_result_bytes><min>1</min><max>%d</max></max_result_bytes>
%s			</constraints>
		</analyst>
	</profiles>
	<roles>
		<%s>
			<grants>
%s			</grants>
		</%s>
		<%s>
			<grants>
%s			</grants>
		</%s>
	</roles>
	<users>
		<default>
			<password></password>
			<networks><ip>::/0</ip></networks>
			<profile>default</profile>
			<quota>default</quota>
			<grants>
				<query>GRANT %s, %s</query>
			</grants>
		</default>
	</users>
	<quotas><default/></quotas>
</clickhouse>
`, cfg.MaxThreads, perStatement, perStatement/2, perStatement/2, constraints.String(),
		readerMemory(cfg), readerSeconds, cfg.MaxThreads, readerRows, readerMemory(cfg), constraints.String(),
		roleService, grants.String(), roleService, roleReader, readable.String(), roleReader, roleService, roleReader)
}

// engineGrants are the rights within the data folder: no source, no access
// management, no shutdown, no backup, no dictionary, no user-defined function.
func engineGrants() []string {
	return []string{
		"GRANT SHOW, SELECT, INSERT, TRUNCATE, OPTIMIZE, CHECK, dictGet, KILL QUERY, UNDROP TABLE ON *.*",
		"GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, CREATE ARBITRARY TEMPORARY TABLE, CREATE TEMPORARY VIEW ON *.*",
		"GRANT DROP DATABASE, DROP TABLE, DROP VIEW ON *.*",
		"GRANT ALTER UPDATE, ALTER DELETE, ALTER COLUMN, ALTER MODIFY COMMENT, ALTER ORDER BY, ALTER SAMPLE BY, ALTER INDEX, " +
			"ALTER STATISTICS, ALTER PROJECTION, ALTER CONSTRAINT, ALTER TTL, ALTER REWRITE PARTS, ALTER SETTINGS, ALTER MOVE PARTITION, ALTER VIEW ON *.*",
		"GRANT SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM MOVES, SYSTEM CLEANUP, SYSTEM VIEWS, SYSTEM FLUSH, SYSTEM DROP CACHE, SYSTEM WAIT LOADING PARTS ON *.*",
		"GRANT TABLE ENGINE ON *",
		"GRANT SET DEFINER ON *",
	}
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
