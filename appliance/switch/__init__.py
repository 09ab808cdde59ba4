"""The process that carries calls: SIP, modem and handset sound, prompts, recordings. It decides nothing."""
