SELECT log_checkpoint_thin()
