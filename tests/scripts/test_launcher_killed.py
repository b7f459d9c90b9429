from launcher_house import House, wait_for


def test_a_killed_launcher_takes_its_processes_with_it(stand_in: House) -> None:
    launcher = stand_in.launch("--only", "hub")
    wait_for((stand_in.home / "run" / "hub.json").exists)
    launcher.kill()
    launcher.communicate(timeout=20)
    wait_for(lambda: stand_in.processes() == [])
