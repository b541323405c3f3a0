-- Up Migration

-- The parcel of a shipment with a carrier. The shipment's row decides whether it is dispatched or
-- recalled, so a message about that writes nothing here.
CREATE TABLE parcels (
  order_id uuid PRIMARY KEY,
  carrier text NOT NULL,
  tracking_number text NOT NULL,
  tracking_url text,
  -- For packing.
  label_url text,
  -- The last status from the carrier. VOIDED: the label was cancelled because the shipment was
  -- recalled.
  status text NOT NULL DEFAULT 'UNDERWAY' CHECK (status IN ('UNDERWAY', 'DELIVERY_FAILED', 'DELIVERED', 'RETURNED', 'VOIDED')),
  -- When to ask the carrier again; null once the parcel has ended.
  look_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX parcels_to_look_at ON parcels (look_at) WHERE look_at IS NOT NULL;

-- Down Migration

DROP TABLE parcels;
