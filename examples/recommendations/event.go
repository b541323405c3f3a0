// What does the stage read, and what does it say? CloudEvents in JSON; fields it does not know are passed over.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

const (
	confirmedType   = "dev.orderpipeline.orders.confirmed.v1"
	recommendedType = "dev.orderpipeline.products.recommended.v1"
)

// envelope is what every message is wrapped in, whatever it says.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	CorrelationID   string          `json:"correlationid,omitempty"` // both carried on unchanged to whatever follows
	TraceParent     string          `json:"traceparent,omitempty"`
	Data            json.RawMessage `json:"data"`
}

type confirmed struct {
	envelope   envelope
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	Items      []struct {
		SKU string `json:"sku"`
	} `json:"items"`
}

type recommended struct {
	OrderID    string   `json:"orderId"`
	CustomerID string   `json:"customerId"`
	SKUs       []string `json:"skus"`
}

// undecodable: trying again cannot help.
type undecodable struct{ reason, message string }

func (e undecodable) Error() string { return e.message }

var (
	uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	skuPattern  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,39}$`)
)

// decode returns nil for an event that is none of this stage's business: topics carry several types, and gain more.
func decode(value []byte) (*confirmed, error) {
	if !json.Valid(value) {
		return nil, undecodable{"NotJson", "the message is not JSON"}
	}
	var wrapped envelope
	if err := json.Unmarshal(value, &wrapped); err != nil {
		return nil, undecodable{"NotACloudEvent", err.Error()}
	}
	if wrapped.SpecVersion != "1.0" || wrapped.ID == "" || wrapped.Source == "" || wrapped.Type == "" {
		return nil, undecodable{"NotACloudEvent", "specversion 1.0, id, source and type are needed"}
	}
	if wrapped.Type != confirmedType {
		return nil, nil
	}
	order := confirmed{envelope: wrapped}
	if err := json.Unmarshal(wrapped.Data, &order); err != nil {
		return nil, undecodable{"InvalidData", err.Error()}
	}
	if !uuidPattern.MatchString(order.OrderID) {
		return nil, undecodable{"InvalidData", fmt.Sprintf("data.orderId: found %q; allowed: a UUID", order.OrderID)}
	}
	if order.CustomerID == "" || len(order.Items) == 0 {
		return nil, undecodable{"InvalidData", "data.customerId and data.items: allowed: not empty"}
	}
	for i, item := range order.Items {
		if !skuPattern.MatchString(item.SKU) {
			return nil, undecodable{"InvalidData", fmt.Sprintf("data.items[%d].sku: found %q; allowed: %s", i, item.SKU, skuPattern)}
		}
	}
	return &order, nil
}

func (order *confirmed) skus() []string {
	found := make([]string, len(order.Items))
	for i, item := range order.Items {
		found[i] = item.SKU
	}
	return found
}

// recommendation has an id that follows from its order: said again after a crash it is the same event, and whoever reads it drops
// the second.
func recommendation(order *confirmed, skus []string, now time.Time) ([]byte, error) {
	data, err := json.Marshal(recommended{order.OrderID, order.CustomerID, skus})
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{
		SpecVersion:     "1.0",
		ID:              eventID(recommendedType, order.OrderID),
		Source:          "/recommendations",
		Type:            recommendedType,
		Subject:         order.OrderID,
		Time:            now.UTC().Format(time.RFC3339Nano),
		DataContentType: "application/json",
		CorrelationID:   order.envelope.CorrelationID,
		TraceParent:     order.envelope.TraceParent,
		Data:            data,
	})
}

// eventID is a UUID of version 8, made of a hash.
func eventID(eventType, orderID string) string {
	hash := sha256.Sum256([]byte(eventType + "\n" + orderID))
	hash[6] = hash[6]&0x0f | 0x80
	hash[8] = hash[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", hash[:4], hash[4:6], hash[6:8], hash[8:10], hash[10:16])
}
