// The precompiled header belongs to this otherwise empty object; see Torch.cmake.
