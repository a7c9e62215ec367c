"""Photos and scans: resumable upload, verification, derived pictures, who refers to what."""
