-- Up Migration

-- The parcel of a shipment, where a carrier carries it. Whether it is let go or called back is the shipment's to say, so a message about
-- that costs nothing here.
CREATE TABLE parcels (
  order_id uuid PRIMARY KEY,
  carrier text NOT NULL,
  tracking_number text NOT NULL,
  tracking_url text,
  -- For whoever packs.
  label_url text,
  -- As the carrier last said; VOIDED: its label was given back, since the shipment was called back.
  status text NOT NULL DEFAULT 'UNDERWAY' CHECK (status IN ('UNDERWAY', 'DELIVERY_FAILED', 'DELIVERED', 'RETURNED', 'VOIDED')),
  -- When the carrier is asked about it again; null once nothing more will come.
  look_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX parcels_to_look_at ON parcels (look_at) WHERE look_at IS NOT NULL;

-- Down Migration

DROP TABLE parcels;
