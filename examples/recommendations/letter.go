// What is kept of a message that cannot be read? All of it, as it came, with the reasons in headers that `orderpipeline dlq` knows.
package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A broker takes a megabyte; with the reasons a message that nearly fills that would no longer fit, and block its partition.
const largestKept = 900_000

func deadLetter(record *kgo.Record, err error, c config, now time.Time) *kgo.Record {
	reason := "Unknown"
	if why := (undecodable{}); errors.As(err, &why) {
		reason = why.reason
	}
	message := err.Error()
	letter := &kgo.Record{Topic: c.deadLetters, Key: record.Key, Value: record.Value}
	letter.Headers = append(letter.Headers, record.Headers...)
	about := func(name, value string) {
		letter.Headers = append(letter.Headers, kgo.RecordHeader{Key: "dead-letter-" + name, Value: []byte(value)})
	}
	about("reason", reason)
	about("verdict", "never")
	about("message", message[:min(len(message), 1000)])
	about("stack", message[:min(len(message), 1000)])
	about("stage", c.stage)
	about("topic", record.Topic)
	about("partition", strconv.Itoa(int(record.Partition)))
	about("offset", strconv.FormatInt(record.Offset, 10))
	about("timestamp", strconv.FormatInt(record.Timestamp.UnixMilli(), 10))
	about("attempts", "1")
	about("at", now.UTC().Format(time.RFC3339Nano))
	if len(record.Key)+len(record.Value) > largestKept {
		letter.Value = nil
		about("omitted-bytes", strconv.Itoa(len(record.Value)))
	}
	return letter
}

// Played again out of another stage's dead letters: it is that stage's alone.
func forAnotherStage(record *kgo.Record, stage string) bool {
	for _, header := range record.Headers {
		if header.Key == "orderpipeline-replay-stage" {
			return string(header.Value) != stage
		}
	}
	return false
}
