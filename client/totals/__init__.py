"""Tables of origins and destinations at a borough or a hub: written, compared with DfE's, drawn, and packed for."""
