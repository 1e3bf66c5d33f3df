package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shirou/gopsutil/v4/disk"
)

// watchDisk shows what is left of the disk that dir is on. Both engines keep their data there, and a full disk
// is the commonest reason for events not to be accepted.
func watchDisk(r prometheus.Registerer, dir string) error {
	if _, err := disk.Usage(dir); err != nil {
		return fmt.Errorf("--data %s: how full its disk is: %w", dir, err)
	}
	gauge := func(name, help string, of func(*disk.UsageStat) uint64) error {
		return r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			use, err := disk.Usage(dir)
			if err != nil {
				return 0 // as good as full: the folder can't be reached
			}
			return float64(of(use))
		}))
	}
	if err := gauge("vitrine_data_free_bytes", "Room that is left on the disk that holds the data folder.", func(u *disk.UsageStat) uint64 { return u.Free }); err != nil {
		return err
	}
	return gauge("vitrine_data_size_bytes", "Size of the disk that holds the data folder, used or not.", func(u *disk.UsageStat) uint64 { return u.Total })
}
