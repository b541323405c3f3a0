// How do confirmed orders become recommendations?
//
// Two consumers read the same topic. One, in no group, learns what is bought together from every partition, beginning a little in the
// past, so every replica knows the same however few orders are its own to answer; it first reads as far as the topic goes. The other is a member of the stage's consumer
// group: it answers its share, publishes, and only then commits. A crash before the commit has the messages come again and says the
// same events again, under the same ids.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	recommendationsEach = 3
	learnedFrom         = time.Hour        // before the start; only the latest orders are remembered of it
	catchUpWithin       = 30 * time.Second // then it answers with what it knows
	pollFor             = 5 * time.Second
	deliveryTimeout     = 30 * time.Second
	commitTimeout       = 20 * time.Second
	sessionTimeout      = 30 * time.Second // what a killed replica had is another's after this
	hungAfter           = 5 * time.Minute
)

type stage struct {
	config   config
	log      *slog.Logger
	taste    *taste
	answerer *kgo.Client
	learner  *kgo.Client
	since    int64 // Unix milliseconds

	consumed, emitted, deadLetters atomic.Uint64
	lastTurn                       atomic.Int64 // Unix nanoseconds
	caughtUp                       atomic.Bool
}

func newStage(c config, log *slog.Logger) (*stage, error) {
	// Acknowledged by every in-sync replica and without doubles of its own tries: franz-go's defaults.
	usual := slices.Concat(c.security, []kgo.Opt{
		kgo.SeedBrokers(c.brokers...),
		kgo.ClientID(c.clientID),
		kgo.ConsumeTopics(c.consume...),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxBytes(4 << 20),
		kgo.FetchMaxPartitionBytes(256 << 10),
	})
	answerer, err := kgo.NewClient(slices.Concat(usual, []kgo.Opt{
		kgo.ConsumerGroup(c.group),
		kgo.SessionTimeout(sessionTimeout),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(), // what is in hand is committed before its partition is another's
		kgo.RecordDeliveryTimeout(deliveryTimeout),
		kgo.ProducerBatchCompression(kgo.GzipCompression()), // the built-in stages read gzip and no other
	})...)
	if err != nil {
		return nil, err
	}
	since := time.Now().Add(-learnedFrom).UnixMilli()
	fromALittleBack := kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(since))
	learner, err := kgo.NewClient(slices.Concat(usual, []kgo.Opt{fromALittleBack})...)
	if err != nil {
		answerer.Close()
		return nil, err
	}
	s := &stage{config: c, log: log, taste: newTaste(), answerer: answerer, learner: learner, since: since}
	s.lastTurn.Store(time.Now().UnixNano())
	return s, nil
}

// run ends when `stop` is done: what is in hand is finished and committed, and the group left. `abandon` ends waiting for an outage too.
func (s *stage) run(stop, abandon context.Context) {
	s.catchUp(stop)
	learned := make(chan struct{})
	go func() {
		defer close(learned)
		for stop.Err() == nil {
			s.learn(stop)
		}
	}()
	for stop.Err() == nil {
		s.lastTurn.Store(time.Now().UnixNano())
		poll, done := context.WithTimeout(stop, pollFor)
		fetches := s.answerer.PollRecords(poll, s.config.concurrency)
		done()
		s.report(stop, fetches)
		s.answer(abandon, fetches.Records())
		s.answerer.AllowRebalance()
	}
	<-learned
	s.answerer.CloseAllowingRebalance() // leaves the group
	s.learner.Close()
}

// catchUp learns as far as the topics go at present: what is answered before would know too little.
func (s *stage) catchUp(stop context.Context) {
	defer s.caughtUp.Store(true)
	limited, done := context.WithTimeout(stop, catchUpWithin)
	defer done()
	admin := kadm.NewClient(s.learner)
	starts, err := admin.ListOffsetsAfterMilli(limited, s.since, s.config.consume...)
	if err != nil {
		s.log.Warn("answering before the history was read", "error", err.Error())
		return
	}
	ends, err := admin.ListEndOffsets(limited, s.config.consume...)
	if err != nil {
		s.log.Warn("answering before the history was read", "error", err.Error())
		return
	}
	left := map[string]map[int32]int64{}
	ends.Each(func(end kadm.ListedOffset) {
		if start, ok := starts.Lookup(end.Topic, end.Partition); ok && start.Offset < end.Offset {
			if left[end.Topic] == nil {
				left[end.Topic] = map[int32]int64{}
			}
			left[end.Topic][end.Partition] = end.Offset
		}
	})
	for len(left) > 0 && limited.Err() == nil {
		for _, record := range s.learn(limited) {
			if end, ok := left[record.Topic][record.Partition]; !ok || record.Offset+1 < end {
				continue
			}
			delete(left[record.Topic], record.Partition)
			if len(left[record.Topic]) == 0 {
				delete(left, record.Topic)
			}
		}
	}
}

func (s *stage) learn(ctx context.Context) []*kgo.Record {
	fetches := s.learner.PollRecords(ctx, 1_000)
	s.report(ctx, fetches)
	records := fetches.Records()
	for _, record := range records {
		// What cannot be read becomes a dead letter where it is answered.
		if order, err := decode(record.Value); err == nil && order != nil && !forAnotherStage(record, s.config.stage) {
			s.taste.learn(order.skus())
		}
	}
	return records
}

func (s *stage) answer(abandon context.Context, records []*kgo.Record) {
	if len(records) == 0 {
		return
	}
	var out []*kgo.Record
	var letters uint64
	for _, record := range records {
		answer, err := s.answerTo(record)
		if err != nil {
			s.log.Error("a message goes to the dead-letter topic", "topic", record.Topic, "partition", record.Partition,
				"offset", record.Offset, "error", err.Error())
			answer = deadLetter(record, err, s.config, time.Now())
			letters++
		}
		if answer != nil {
			out = append(out, answer)
		}
	}
	if !s.publish(abandon, out) {
		return // not committed: they come again
	}
	s.deadLetters.Add(letters)
	s.emitted.Add(uint64(len(out)) - letters)
	commit, done := context.WithTimeout(abandon, commitTimeout)
	defer done()
	if err := s.answerer.CommitRecords(commit, records...); err != nil {
		s.log.Warn("offsets not committed; the messages will be delivered again", "error", err.Error())
	}
	s.consumed.Add(uint64(len(records)))
}

// answerTo returns nil where there is nothing to say.
func (s *stage) answerTo(record *kgo.Record) (*kgo.Record, error) {
	if forAnotherStage(record, s.config.stage) {
		return nil, nil
	}
	order, err := decode(record.Value)
	if order == nil || err != nil {
		return nil, err
	}
	skus := s.taste.likeliest(order.skus(), recommendationsEach)
	if len(skus) == 0 {
		return nil, nil
	}
	value, err := recommendation(order, skus, time.Now())
	if err != nil {
		return nil, err
	}
	key := order.CustomerID
	if s.config.keyByOrder {
		key = order.OrderID
	}
	contentType := kgo.RecordHeader{Key: "content-type", Value: []byte("application/cloudevents+json; charset=utf-8")}
	return &kgo.Record{Topic: s.config.emit, Key: []byte(key), Value: value, Headers: []kgo.RecordHeader{contentType}}, nil
}

// publish tries until every record is with Kafka: while that is away no message is at fault. False once `abandon` is done.
func (s *stage) publish(abandon context.Context, records []*kgo.Record) bool {
	for failures := 1; ; failures++ {
		results := s.answerer.ProduceSync(abandon, records...)
		var left []*kgo.Record
		for _, result := range results {
			if result.Err != nil {
				left = append(left, result.Record)
			}
		}
		if len(left) == 0 {
			return true
		}
		s.lastTurn.Store(time.Now().UnixNano()) // waiting is not hanging
		s.log.Warn("publishing failed; trying again", "records", len(left), "error", results.FirstErr().Error())
		records = left
		if !pause(abandon, failures) {
			return false
		}
	}
}

func (s *stage) report(stop context.Context, fetches kgo.Fetches) {
	failed := false
	fetches.EachError(func(topic string, partition int32, err error) {
		if stop.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			return
		}
		failed = true
		s.log.Warn("fetching failed", "topic", topic, "partition", partition, "error", err.Error())
	})
	if failed {
		pause(stop, 3)
	}
}

// pause waits longer with each failure, up to ten seconds; half of it is chance, so that replicas do not return together.
func pause(ctx context.Context, failures int) bool {
	longest := min(200*time.Millisecond<<min(failures-1, 10), 10*time.Second)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(longest/2 + rand.N(longest/2)):
		return true
	}
}

func (s *stage) ready() error {
	if !s.caughtUp.Load() {
		return fmt.Errorf("reading earlier purchases")
	}
	if _, generation := s.answerer.GroupMetadata(); generation < 1 {
		return fmt.Errorf("not a member of its consumer group yet")
	}
	return nil
}

func (s *stage) healthy() error {
	if time.Since(time.Unix(0, s.lastTurn.Load())) > hungAfter {
		return fmt.Errorf("the consumer has hung")
	}
	return nil
}
