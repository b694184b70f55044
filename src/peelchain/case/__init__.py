"""Cases: journal, findings, report and evidence bundle."""
