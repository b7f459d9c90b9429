"""The engines that can think for her, one file each."""
