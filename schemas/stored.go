package schemas

import "fmt"

// Stored gives an event that was accepted before, from what is kept of it: its lab, its kind and its data as [Decode] wrote them. Nothing
// else of the event is set. What a field holds that the door wouldn't take any more is left out; the error is that of data that
// can't be read at all. The event is valid until [Decoder.Reset]. It doesn't keep data.
func (d *Decoder) Stored(lab, kind string, data []byte) (*Event, error) {
	i, known := kinds().byName[kind]
	if !known {
		return nil, fmt.Errorf("stored event of %s: there is no kind %q", lab, kind)
	}
	k := &kinds().list[i]
	e := &d.quick.events.take(1)[0]
	*e = Event{Type: d.quick.kinds[TypePrefix+kind].typ, Source: lab, source: lab, lab: lab}
	if len(data) == 0 { // a retraction without any
		return e, nil
	}
	if d.quick.stored(k.shape, data, e) {
		return e, nil
	}
	tree, err := parseTree(data)
	object, isObject := tree.(map[string]any)
	if err != nil || !isObject {
		return nil, fmt.Errorf("stored event of %s, kind %s: its data can't be read: %v", lab, kind, err)
	}
	thorough := decoder{event: e}
	e.Values = thorough.object("data", k.shape, object)
	return e, nil
}

// stored reads the data of an event that was accepted; false where it isn't sure of them.
func (q *quickDoor) stored(shape *object, data []byte, e *Event) bool {
	q.begin(data)
	defer func() { q.raw = nil }()
	if _, ok := q.objectOf(shape, &e.Values); !ok || q.at != len(data) {
		return false
	}
	e.end = q.end
	return true
}
