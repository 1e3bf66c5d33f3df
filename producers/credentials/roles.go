package credentials

import (
	"fmt"
	"path/filepath"
	"slices"

	"vitrine/schemas"
)

// The roles of the pipeline's own processes. Each has a credentials file of its name in the folder of keys.
const (
	// RoleGateway takes events: it publishes them, reads the stream of events and the bucket of what was issued.
	RoleGateway = "gateway"
	// RoleConsumer counts events: it reads them by the pipeline's durable consumer, and writes what was rejected
	// and the alerts.
	RoleConsumer = "consumer"
	// RoleObserver watches: it sees how streams and consumers fare, and no message.
	RoleObserver = "observer"
)

// Roles are all of them.
func Roles() []string { return []string{RoleGateway, RoleConsumer, RoleObserver} }

// RoleCredentials is the path of a role's credentials file, one of [Roles].
func (k *Keys) RoleCredentials(role string) string { return filepath.Join(k.dir, role+".creds") }

// alertPlaces is the stream of the bucket in which the alerts' sender keeps where it stands.
const alertPlaces = "KV_VITRINE_ALERT_PLACES"

const api = "$JS.API."

// roleUser holds a role to what its process does. Streams are made, changed, emptied and removed by the
// service's credentials alone (vitrine migrate, rebuild, lab).
func roleUser(role string) (user, error) {
	u := user{name: role, subscribe: []string{inboxPrefix(role) + ".>"}, trusted: true}
	streams := []string{schemas.StreamEvents, schemas.StreamRejected, schemas.StreamAlerts, schemas.StreamErasures}
	switch role {
	case RoleGateway:
		bucket := "KV_" + Bucket
		u.publish = slices.Concat(
			[]string{schemas.SubjectsOfLabs, schemas.SubjectsOfProgramme, api + "INFO"},
			each(api+"STREAM.INFO.%s", append(streams, bucket)...),
			each(api+"STREAM.MSG.GET.%s", schemas.StreamEvents),
			each(api+"CONSUMER.INFO.%s."+schemas.ConsumerDurable, schemas.StreamEvents),
			watching(bucket),
			watching(schemas.StreamAlerts),
		)
	case RoleConsumer:
		u.publish = slices.Concat(
			[]string{schemas.SubjectsOfRejected, schemas.SubjectsOfAlerts, "$KV." + alertPlaces[len("KV_"):] + ".>", api + "INFO"},
			each(api+"STREAM.INFO.%s", append(streams, alertPlaces)...),
			each(api+"STREAM.MSG.GET.%s", append(streams, alertPlaces)...),
			each(api+"DIRECT.GET.%s.>", alertPlaces),
			each(api+"STREAM.CREATE.%s", alertPlaces),
			each(api+"CONSUMER.CREATE.%s."+schemas.ConsumerDurable, schemas.StreamEvents),
			each(api+"CONSUMER.CREATE.%s."+schemas.ConsumerDurable+".>", schemas.StreamEvents),
			each(api+"CONSUMER.INFO.%s."+schemas.ConsumerDurable, schemas.StreamEvents),
			each(api+"CONSUMER.MSG.NEXT.%s."+schemas.ConsumerDurable, schemas.StreamEvents),
			each("$JS.ACK.%s."+schemas.ConsumerDurable+".>", schemas.StreamEvents),
			watching(schemas.StreamRejected),
			watching(schemas.StreamAlerts),
		)
	case RoleObserver:
		u.publish = slices.Concat([]string{api + "INFO", api + "STREAM.NAMES", api + "STREAM.LIST"},
			each(api+"STREAM.INFO.%s", streams...), each(api+"CONSUMER.INFO.%s.*", streams...),
			each(api+"CONSUMER.NAMES.%s", streams...), each(api+"CONSUMER.LIST.%s", streams...))
	default:
		return user{}, fmt.Errorf("no role %q", role)
	}
	return u, nil
}

// watching is reading a stream from some place on, by a consumer that is made for that.
func watching(stream string) []string {
	return []string{api + "CONSUMER.CREATE." + stream + ".>", api + "CONSUMER.INFO." + stream + ".*", api + "CONSUMER.DELETE." + stream + ".*",
		api + "CONSUMER.MSG.NEXT." + stream + ".*", "$JS.ACK." + stream + ".>", "$JS.FC." + stream + ".>"}
}

func each(format string, streams ...string) []string {
	out := make([]string, len(streams))
	for i, s := range streams {
		out[i] = fmt.Sprintf(format, s)
	}
	return out
}
